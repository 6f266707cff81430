/** The typed array of each element type that IDX has. */
export type IdxArrays = {
  readonly uint8: Uint8Array
  readonly int8: Int8Array
  readonly int16: Int16Array
  readonly int32: Int32Array
  readonly float32: Float32Array
  readonly float64: Float64Array
}

/** The name of an element type. */
export type IdxType = keyof IdxArrays

/** An array of numbers as an IDX file holds it: `data` in row-major order, `shape` outermost first. */
export type Idx<T extends IdxType = IdxType> = {
  readonly [K in T]: { readonly type: K; readonly shape: readonly number[]; readonly data: IdxArrays[K] }
}[T]

/** What can be wrong with the bytes of an IDX file, or with an array to be encoded. */
export type IdxError = {
  /**
   * - `WrongMagic`: the first bytes are not `0 0 type rank`.
   * - `Truncated`: the file ends before its header or its data does.
   * - `TrailingBytes`: there are bytes after the data.
   * - `TooLarge`: the sizes multiply beyond 2^53 bytes, or a compressed file beyond what is allowed.
   * - `InvalidGzip`: the compressed bytes are damaged.
   * - `InvalidShape`: an array cannot be encoded with its shape.
   */
  readonly _tag: 'WrongMagic' | 'Truncated' | 'TrailingBytes' | 'TooLarge' | 'InvalidGzip' | 'InvalidShape'
  /** The byte of the (decompressed) file where it was noticed. */
  readonly offset: number
  /** One sentence: where, what is wrong, how to fix it. */
  readonly message: string
}

/** Makes an `IdxError`; the message is `byte offset: what; remedy`. */
export const failure = (tag: IdxError['_tag'], offset: number, what: string, remedy: string): IdxError => ({
  _tag: tag,
  offset,
  message: `IDX, byte ${offset}: ${what}; ${remedy}`,
})
