import { type ChildProcess, spawn, spawnSync } from 'node:child_process'

/** The programs of one MPI, by the names that Debian gives them beside each other. */
export type Engine = 'openmpi' | 'mpich'

/** The engines of this machine; where one is missing, its tests do not run, and this says so. */
export const installedEngines = (): readonly Engine[] =>
  (['openmpi', 'mpich'] as const).filter((engine) => {
    const found = spawnSync(`mpirun.${engine}`, ['--version']).status === 0
    if (!found) process.stderr.write(`NOT RUN: the tests of MPI on ${engine}. mpirun.${engine} is not installed\n`)
    return found
  })

/** Starts `node` with these arguments on so many ranks, which may be more than there are cores. */
export const mpirun = (
  engine: Engine,
  ranks: number,
  args: readonly string[],
  { cwd, env = process.env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): ChildProcess => {
  const options = engine === 'openmpi' ? ['--oversubscribe'] : []
  return spawn(`mpirun.${engine}`, [...options, '-np', `${ranks}`, process.execPath, ...args], {
    cwd,
    env: { ...env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
  })
}
