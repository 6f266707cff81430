import koffi from 'koffi'

/** Bytes of another thread, which leaves them alone until it has the answer. */
export type Place = { readonly address: bigint; readonly length: number }

/** Where an array lies. */
export const placeOf = (given: Float32Array | Uint8Array): Place => ({
  address: given.byteLength === 0 ? 0n : koffi.address(given),
  length: given.byteLength,
})

/** Some of the bytes of a place. */
export const partOf = ({ address, length }: Place, from: number, most: number): Place => ({
  address: address + BigInt(from),
  length: Math.min(most, length - from),
})

/**
 * The bytes of a place. The engine takes them for memory of its own and soon collects garbage over it, so large places
 * are better handed on by their address.
 */
export const memoryOf = ({ address, length }: Place): ArrayBuffer =>
  length === 0 ? new ArrayBuffer(0) : koffi.view(address, length)
