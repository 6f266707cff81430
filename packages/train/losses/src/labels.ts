/** Class indices, one an example. Bytes hold 256 classes, the others more. */
export type Labels = Uint8Array | Uint16Array | Int32Array
