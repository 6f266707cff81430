/** How the processes of a job know that they are ranks. */
export type Launcher = {
  readonly name: string
  readonly rank: number
  /** How many ranks it started, where it says so. */
  readonly size: number | undefined
  /** The libraries that fit it, the likeliest first. */
  readonly libraries: readonly string[]
}

const openMpi: readonly string[] = [
  'libmpi.so.40',
  '/usr/lib64/openmpi/lib/libmpi.so.40',
  '/opt/homebrew/lib/libmpi.40.dylib',
  '/usr/local/lib/libmpi.40.dylib',
]

const mpich: readonly string[] = [
  'libmpich.so.12',
  'libmpi.so.12',
  '/usr/lib64/mpich/lib/libmpi.so.12',
  '/opt/homebrew/opt/mpich/lib/libmpi.12.dylib',
  '/usr/local/opt/mpich/lib/libmpi.12.dylib',
]

/**
 * The variables of the environment, and what they tell. `srun --mpi=pmi2` and `--mpi=pmix` serve more than one library.
 */
const launchers = [
  { name: "Open MPI's mpirun", rank: 'OMPI_COMM_WORLD_RANK', size: 'OMPI_COMM_WORLD_SIZE', libraries: openMpi },
  { name: "MPICH's mpirun", rank: 'PMI_RANK', size: 'PMI_SIZE', libraries: [...mpich, ...openMpi] },
  { name: 'srun', rank: 'PMIX_RANK', size: 'SLURM_STEP_NUM_TASKS', libraries: [...openMpi, ...mpich] },
] as const

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined

/**
 * What started this process as a rank of MPI, from the variables of its environment; undefined where nothing did.
 *
 * @param environment the variables, such as `process.env`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { findLauncher } from '@resfn/collective/mpi'
 *
 * const launcher = findLauncher({ OMPI_COMM_WORLD_RANK: '3', OMPI_COMM_WORLD_SIZE: '4' })
 * assert.equal(launcher?.name, "Open MPI's mpirun")
 * assert.equal(findLauncher({}), undefined)
 * ```
 */
export const findLauncher = (environment: { readonly [name: string]: string | undefined }): Launcher | undefined =>
  launchers.flatMap(({ name, rank, size, libraries }) => {
    const number = wholeNumber(environment[rank])
    return number === undefined ? [] : [{ name, rank: number, size: wholeNumber(environment[size]), libraries }]
  })[0]
