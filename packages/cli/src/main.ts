#!/usr/bin/env node
import { main } from './command-line.ts'
import { nodeContext } from './context/node-context.ts'
import { exitCodes } from './error.ts'

// A closed pipe (`resfn nets | head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.success)
  throw error
})

process.exitCode = await main(process.argv.slice(2), nodeContext())
