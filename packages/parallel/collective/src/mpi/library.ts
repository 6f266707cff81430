import { either as E } from 'fp-ts'
import koffi from 'koffi'
import type { CollectiveError } from '../error.ts'

/** What is handed to MPI as a buffer: an array, or an address. */
export type Buffer = ArrayBufferView | bigint

/**
 * The calls of MPI that collectives are made of. Counts and places are in bytes; a failure throws a `CollectiveError`.
 */
export type Mpi = {
  readonly version: string
  readonly rank: number
  readonly size: number
  /** Every rank gives as many bytes. */
  readonly allGather: (from: Buffer, count: number, into: Buffer) => void
  /** Ranks may give different counts. */
  readonly allGatherV: (from: Buffer, into: Buffer, counts: Int32Array, places: Int32Array) => void
  readonly allToAll: (
    from: Buffer,
    counts: Int32Array,
    places: Int32Array,
    into: Buffer,
    countsInto: Int32Array,
    placesInto: Int32Array,
  ) => void
  readonly broadcast: (buffer: Buffer, count: number, root: number) => void
  /** Adds float32 numbers to others: `sum += values`. */
  readonly addTo: (sum: Float32Array, values: Buffer) => void
  readonly finalize: () => void
}

/** A library of MPI, loaded: its functions, and its handles, which are addresses in Open MPI and numbers in MPICH. */
type Library = {
  readonly func: (name: string, types: readonly string[]) => (...values: readonly unknown[]) => number
  readonly handle: 'void *' | 'int'
  readonly world: unknown
  readonly byte: unknown
  readonly float: unknown
  readonly sum: unknown
  readonly errorsReturn: unknown
  readonly ignored: bigint
}

const load = (path: string): Library => {
  // Open MPI loads parts of its own, which look for the symbols of the library among the global ones.
  const library = koffi.load(path, { global: true, lazy: true })
  const func: Library['func'] = (name, types) => library.func(name, 'int', [...types]) as ReturnType<Library['func']>
  try {
    return {
      func,
      handle: 'void *',
      world: library.symbol('ompi_mpi_comm_world'),
      byte: library.symbol('ompi_mpi_byte'),
      float: library.symbol('ompi_mpi_float'),
      sum: library.symbol('ompi_mpi_op_sum'),
      errorsReturn: library.symbol('ompi_mpi_errors_return'),
      ignored: 0n,
    }
  } catch {
    // The ABI that MPICH, Intel MPI, Cray MPICH and MVAPICH have in common: https://www.mpich.org/abi/
    return {
      func,
      handle: 'int',
      world: 0x44000000,
      byte: 0x4c00010d,
      float: 0x4c00040a,
      sum: 0x58000003,
      errorsReturn: 0x54000001,
      ignored: 1n,
    }
  }
}

const firstThatLoads = (paths: readonly string[]): E.Either<CollectiveError, Library> => {
  const problems: string[] = []
  for (const path of paths)
    try {
      return E.right(load(path))
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message}`)
    }
  return E.left({
    _tag: 'CannotStart',
    message: `no library of MPI was found; install it on every host (Debian and Ubuntu: apt install openmpi-bin; Fedora: dnf install openmpi, then module load mpi; macOS: brew install open-mpi), or say where it is (${problems.join('; ')})`,
  })
}

/** Milliseconds in which the thread asks again and again whether the others are there, before it sleeps in between. */
const patience = 10
/** Milliseconds of such a sleep: a link of 10 Gbit/s moves 125 kB in it, which fit into the buffers of a socket. */
const nap = 0.1

/** The longest texts that MPI gives, with room to spare. */
const textBytes = 8192

/** Initialises MPI in this thread, which then makes all calls. */
export const startMpi = (paths: readonly string[]): E.Either<CollectiveError, Mpi> => {
  const loaded = firstThatLoads(paths)
  if (E.isLeft(loaded)) return loaded
  const { func, handle, world, byte, float, sum: add, errorsReturn, ignored } = loaded.right
  const number = new Int32Array(1)
  const text = (fill: (bytes: Uint8Array, length: Int32Array) => unknown): string => {
    const bytes = new Uint8Array(textBytes)
    const length = new Int32Array(1)
    fill(bytes, length)
    return new TextDecoder().decode(bytes.subarray(0, length[0])).replace(/[\0\s]+$/, '')
  }
  const errorString = func('MPI_Error_string', ['int', 'void *', 'void *'])
  const calling = (name: string, types: readonly string[]): ((...values: readonly unknown[]) => void) => {
    const call = func(name, types)
    return (...values) => {
      const code = call(...values)
      if (code === 0) return
      const words = text((bytes, length) => errorString(code, bytes, length))
      throw {
        _tag: 'EngineFailed',
        code,
        message: `${name} failed (${words}); a rank or its host may be gone`,
      } satisfies CollectiveError
    }
  }
  const initThread = calling('MPI_Init_thread', ['void *', 'void *', 'int', 'void *'])
  const setHandler = calling('MPI_Comm_set_errhandler', [handle, handle])
  const getRank = calling('MPI_Comm_rank', [handle, 'void *'])
  const getSize = calling('MPI_Comm_size', [handle, 'void *'])
  const getVersion = func('MPI_Get_library_version', ['void *', 'void *'])
  const test = calling('MPI_Test', ['void *', 'void *', 'void *'])
  const request = new BigInt64Array(1)
  const isDone = new Int32Array(1)
  const asleep = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  /** What MPI was given and still reads, which must not be collected. */
  const held = new Set<unknown>()
  /** A call that MPI only begins. MPI would wait for its end at full speed, and take a core from what computes. */
  const begun = (name: string, types: readonly string[]): ((...values: readonly unknown[]) => void) => {
    const begin = calling(name, [...types, 'void *'])
    return (...values) => {
      held.add(values)
      begin(...values, request)
      const since = performance.now()
      for (test(request, isDone, ignored); isDone[0] === 0; test(request, isDone, ignored))
        if (performance.now() - since > patience) Atomics.wait(asleep, 0, 0, nap)
      held.delete(values)
    }
  }
  const allGather = begun('MPI_Iallgather', ['void *', 'int', handle, 'void *', 'int', handle, handle])
  const allGatherV = begun('MPI_Iallgatherv', ['void *', 'int', handle, 'void *', 'void *', 'void *', handle, handle])
  const counted = ['void *', 'void *', 'void *', handle]
  const allToAllV = begun('MPI_Ialltoallv', [...counted, ...counted, handle])
  const broadcast = begun('MPI_Ibcast', ['void *', 'int', handle, 'int', handle])
  const reduceLocal = calling('MPI_Reduce_local', ['void *', 'void *', 'int', handle, handle])
  const numberOf = (call: (...values: readonly unknown[]) => void): number => {
    call(world, number)
    return number[0]!
  }
  try {
    // Only this thread calls MPI: MPI_THREAD_FUNNELED.
    initThread(0n, 0n, 1, number)
    // Without this an error would end the process.
    setHandler(world, errorsReturn)
    const rank = numberOf(getRank)
    return E.right({
      version: text(getVersion),
      rank,
      size: numberOf(getSize),
      allGather: (from, count, into) => allGather(from, count, byte, into, count, byte, world),
      allGatherV: (from, into, counts, places) =>
        allGatherV(from, counts[rank], byte, into, counts, places, byte, world),
      allToAll: (from, counts, places, into, countsInto, placesInto) =>
        allToAllV(from, counts, places, byte, into, countsInto, placesInto, byte, world),
      broadcast: (buffer, count, root) => broadcast(buffer, count, byte, root, world),
      addTo: (sum, values) => reduceLocal(values, sum, sum.length, float, add),
      finalize: calling('MPI_Finalize', []),
    })
  } catch (error) {
    return E.left(error as CollectiveError)
  }
}
