// What the calling thread and the others share: a block of the heap in int32 slots, then the arguments of a routine,
// then a message.

/**
 * The most threads that work at once: each has a slot of the block, and beyond some tens they only wait for each other.
 */
export const threadLimit = 64

/** Index of each int32 slot. What threads write while they work lies on other cache lines than what they wait for. */
export const slots = {
  /** Pieces of the routine that no thread has taken; `stop` ends the threads. */
  left: 0,
  /** Which routine to run. */
  routine: 1,
  /** In how many pieces it is dealt. */
  pieces: 2,
  /** The thread that failed first, or 0. */
  failed: 3,
  /** Bytes of its message. */
  messageLength: 4,
  /** Pieces that are worked out. */
  done: 16,
  /** What each thread does, by its index: one of `marks`. */
  doing: 32,
  /** Whether each thread rests, by its index: 1, or 0. */
  resting: 96,
} as const

export const marks = {
  /** In `left`. */
  stop: -1,
  /** A thread does not stand ready yet. */
  absent: -1,
  /** It has no piece. */
  idle: 0,
  /** It has a piece, or tries to take one. */
  busy: 1,
  /** It ended because it was told to. */
  stopped: 2,
} as const

/** Byte offsets and sizes in the block. */
export const argumentsAt: number = (slots.resting + threadLimit) * 4
export const messageAt: number = argumentsAt + 256
export const messageBytes = 256
export const controlBytes: number = messageAt + messageBytes
