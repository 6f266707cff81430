import { kernelsBase64, relaxedKernelsBase64 } from './kernels.generated.ts'

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))

// The import "env" "memory", up to the flags of its limits.
const memoryImport = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2]

/** The routines, compiled, and whether they have relaxed SIMD. */
export type CompiledRoutines = { readonly module: WebAssembly.Module; readonly relaxed: boolean }

// The binary declares its memory shared. For an unshared memory only the flags of the import differ.
const compiled = (bytes: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory): WebAssembly.Module => {
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
  if (!shared) {
    const at = bytes.findIndex((_, i) => memoryImport.every((byte, j) => bytes[i + j] === byte))
    bytes[at + memoryImport.length] = 1
  }
  return new WebAssembly.Module(bytes)
}

/** The module of routines for a memory, with relaxed SIMD where the engine has it. */
export const compileRoutines = (
  memory: WebAssembly.Memory,
  withRelaxedSimd: <T>(compile: () => T) => T,
): CompiledRoutines => {
  // An engine without relaxed SIMD does not accept the binary that uses it.
  const fast = bytesOf(relaxedKernelsBase64)
  const tried = (): CompiledRoutines | undefined =>
    WebAssembly.validate(fast) ? { module: compiled(fast, memory), relaxed: true } : undefined
  return tried() ?? withRelaxedSimd(tried) ?? { module: compiled(bytesOf(kernelsBase64), memory), relaxed: false }
}
