/**
 * A copy of a WebAssembly binary whose own memory is declared shared, so that other threads can work on it.
 *
 * A memory is shared by one bit of its declaration (section 5: count, flags, limits; flag 2), and must have a maximum
 * (flag 1). Code compiled for one thread runs on it unchanged.
 *
 * @param binary the bytes of a module that declares one memory with a maximum
 * @returns the changed copy, or undefined if the module does not declare such a memory
 */
export const withSharedMemory = (binary: Uint8Array): Uint8Array<ArrayBuffer> | undefined => {
  const bytes = Uint8Array.from(binary)
  let at = 8
  const unsigned = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const section = bytes[at++]
    const length = unsigned()
    if (section === 5) {
      if (bytes[at] !== 1 || (bytes[at + 1]! & 1) === 0) return undefined
      bytes[at + 1]! |= 2
      return bytes
    }
    at += length
  }
  return undefined
}
