#!/usr/bin/env node
import { main } from './command-line.ts'
import { systemReason } from './context/files.ts'
import { nodeContext } from './context/node-context.ts'
import { exitCodes, toCliError } from './error.ts'
import { errorDocument } from './output.ts'
import { plain } from './text/plain.ts'

// A closed pipe (`resfn nets | head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.success)
  process.stderr.write(`resfn: cannot write to standard output: ${systemReason(error)}\n`)
  process.exit(exitCodes.failure)
})

// Standard error holds progress only: a reader that ended or a terminal that was closed does not end a training.
const gone = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (!gone.has(error.code ?? '')) throw error
})

const args = process.argv.slice(2)
try {
  process.exitCode = await main(args, nodeContext())
} catch (error) {
  const { _tag, message, exitCode } = toCliError(error)
  process.stderr.write(`resfn: ${plain(message)}\n`)
  if (args.includes('--json')) process.stdout.write(errorDocument({ _tag, message }))
  process.exitCode = exitCode
}
