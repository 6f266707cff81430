import { setTimeout } from 'node:timers/promises'
import * as v from 'valibot'
import type { Context, ProcessName } from '../context/context.ts'
import { CliError } from '../error.ts'
import { leads } from './ranks.ts'
import type { RunFolder } from './run-folder.ts'

/** A folder that one process at a time writes to, and the file that says which. */
type Locked = Pick<RunFolder, 'folder' | 'lock'>

const schema: v.GenericSchema<unknown, ProcessName> = v.object({
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  host: v.string(),
  started: v.string(),
})

/** The process that a lock names; nothing if the lock is gone, empty or damaged. */
const ownerOf = async ({ files }: Context, { lock }: Locked): Promise<ProcessName | undefined> => {
  try {
    return v.parse(schema, JSON.parse(await files.readText(lock)))
  } catch {
    return undefined
  }
}

const inUse = ({ folder, lock }: Locked, { pid, host }: ProcessName, here: string): CliError =>
  new CliError(
    'RunInUse',
    host === here
      ? `${folder} is in use by another resfn (process ${pid}); wait until it ends, or stop it`
      : `${folder} is in use by process ${pid} on ${host}; if it does not run any more, remove ${lock}`,
  )

/** Long enough for another process to write a lock that it made, or to take over one that it read. */
const pause = 50

const lockRun = async (context: Context, folder: Locked): Promise<() => Promise<void>> => {
  const { files, processes } = context
  const { self, startOf } = processes
  const isAlive = (owner: ProcessName): boolean => owner.host !== self.host || startOf(owner.pid) === owner.started
  const text = `${JSON.stringify(self)}\n`
  while (!(await files.create(folder.lock, text))) {
    const owner = (await ownerOf(context, folder)) ?? (await setTimeout(pause), await ownerOf(context, folder))
    if (owner !== undefined && isAlive(owner)) throw inUse(folder, owner, self.host)
    await files.remove(folder.lock)
  }
  // Two processes may have found the same stale lock: the second one to remove it removed the lock of the first.
  await setTimeout(pause)
  const owner = await ownerOf(context, folder)
  if (owner === undefined || owner.pid !== self.pid || owner.host !== self.host)
    throw inUse(folder, owner ?? self, self.host)
  return () => files.remove(folder.lock)
}

/**
 * Takes a run for this process, so that no other one writes to it, and does some work. The lock of a process that was
 * killed is taken over. The run stays locked until `release` is called or the work fails.
 */
export const withRunLocked = async <A>(
  context: Context,
  folder: Locked,
  work: (release: () => Promise<void>) => Promise<A>,
): Promise<A> => {
  // The leading rank has it for all.
  if (!leads(context)) return work(async () => {})
  const release = await lockRun(context, folder)
  try {
    return await work(release)
  } catch (error) {
    await release()
    throw error
  }
}
