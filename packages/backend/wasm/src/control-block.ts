// What the calling thread and the others share: a block of the heap in int32 slots, then the arguments of a routine,
// then a message.

/**
 * The most threads that work at once: each has a slot of the block, and beyond some tens they only wait for each other.
 */
export const threadLimit = 64

/** Index of each int32 slot. Slots that other threads write begin on another cache line than those they spin on. */
export const slots = {
  /** Counts the commands; `stop` ends the thread. */
  generation: 0,
  /** Which routine to run. */
  routine: 1,
  /** The thread that failed first, or 0. */
  failed: 2,
  /** Bytes of its message. */
  messageLength: 3,
  /**
   * The last generation that each thread has finished, by its index; `absent` before it stands ready, `stopped` once it
   * ended.
   */
  finished: 16,
} as const

export const marks = { stop: -1, absent: -1, stopped: -2 } as const

/** Byte offsets and sizes in the block. */
export const argumentsAt: number = (slots.finished + threadLimit) * 4
export const messageAt: number = argumentsAt + 256
export const messageBytes = 256
export const controlBytes: number = messageAt + messageBytes
