#!/usr/bin/env node
import { exitCodes } from './error.ts'
import { nodeContext } from './node-context.ts'
import { run } from './run.ts'

// A reader that has seen enough (`resfn nets | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.success)
  throw error
})

process.exitCode = await run(process.argv.slice(2), nodeContext())
