#!/usr/bin/env node
import { main } from './command-line.ts'
import { nodeContext } from './context/node-context.ts'
import { exitCodes } from './error.ts'

// A closed pipe (`resfn nets | head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.success)
  throw error
})

// Standard error holds progress only: a reader that ended or a terminal that was closed does not end a training.
const gone = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (!gone.has(error.code ?? '')) throw error
})

process.exitCode = await main(process.argv.slice(2), nodeContext())
