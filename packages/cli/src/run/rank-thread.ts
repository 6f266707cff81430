// A thread that is a rank other than 0 of `resfn train --parallel threads:N`.
import { parentPort, workerData } from 'node:worker_threads'
import { joinThreads, type ThreadsHandle } from '@resfn/collective/threads'
import { trainAsRank } from '../actions/train.ts'
import type { TrainFlags } from '../commands/train.ts'
import { nodeContext } from '../context/node-context.ts'
import { toCliError } from '../error.ts'
import type { RankData, Told } from './ranks.ts'

const { handle, rank, flags, cwd, env } = workerData as RankData
const collective = joinThreads(handle as ThreadsHandle, rank)
// Signals come to the main thread, which tells the others.
const interrupts = () => ({ signal: new AbortController().signal, release: () => {} })
const context = { ...nodeContext(), cwd, env, interrupts }
try {
  await trainAsRank(context, { collective, engine: 'threads', here: collective.size }, flags as TrainFlags)
} catch (error) {
  const { _tag: tag, message } = toCliError(error)
  const told: Told = { tag, message }
  parentPort?.postMessage(told)
} finally {
  await collective.close()
}
