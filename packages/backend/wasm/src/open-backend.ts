import {
  type DataStorage,
  engine,
  findBackendFactory,
  registerBackend,
  removeBackend,
  setBackend,
} from '@tensorflow/tfjs-core'
import { BackendWasm, version_wasm } from '@tensorflow/tfjs-backend-wasm'
import { noteData } from '@resfn/overlay'
import type { WasmHost } from './device.ts'
import { tfjsBinaryBase64, tfjsVersion } from './tfjs-binary.generated.ts'
import { startTfjsModule } from './tfjs-module.ts'

const inflated = async (base64: string): Promise<Uint8Array<ArrayBuffer>> => {
  const deflated = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** The SIMD binary of tfjs that is a part of this package. */
export const tfjsBinary = (): Promise<Uint8Array<ArrayBuffer>> => inflated(tfjsBinaryBase64)

/** An address that C++ gives is signed, and what is made at an address is noted here; what is not, tfjs writes. */
const mendOutputs = (backend: BackendWasm): void => {
  const makeOutput = backend.makeOutput.bind(backend)
  backend.makeOutput = (shape, dtype, at, values) => {
    if (at == null) return makeOutput(shape, dtype, at, values)
    const out = makeOutput(shape, dtype, at >>> 0, values)
    noteData(backend, out.dataId as object)
    return out
  }
}

/**
 * Data that gets no room is not known to this backend. Where tfjs moves it here it is gone from where it was, so it
 * goes back to another backend, or the tensor would be lost.
 */
const mendMove = (backend: BackendWasm): void => {
  const move = backend.move.bind(backend)
  backend.move = (data, values, ...rest) => {
    try {
      move(data, values, ...rest)
    } catch (error) {
      const { dataIdMap } = backend as unknown as { readonly dataIdMap: DataStorage<unknown> }
      if (dataIdMap.has(data)) dataIdMap.delete(data)
      const { registry, state } = engine()
      const moved = state.tensorInfo.get(data)
      const other = Object.values(registry).find((one) => one !== backend)
      if (moved?.backend === backend && values !== null && other !== undefined) {
        moved.backend = other
        other.move(data, values, ...rest)
      }
      throw error
    }
  }
}

/** Starts the tfjs backend 'wasm' on the embedded binary and makes it current. */
export const openBackend = async (shared: boolean): Promise<Pick<WasmHost, 'backend' | 'memory'>> => {
  if (version_wasm !== tfjsVersion)
    throw new Error(
      `@tensorflow/tfjs-backend-wasm ${version_wasm} is installed, but the binary in @resfn/wasm is of ${tfjsVersion}: npm install @tensorflow/tfjs-backend-wasm@${tfjsVersion}`,
    )
  const binary = await tfjsBinary()
  if (!WebAssembly.validate(binary))
    throw new Error('this engine has no WebAssembly SIMD; update it, or use another backend, such as webgl')
  const module = await startTfjsModule(binary, shared)
  const backend = new BackendWasm(module as unknown as BackendWasm['wasm'])
  mendOutputs(backend)
  mendMove(backend)
  if (findBackendFactory('wasm') != null) removeBackend('wasm')
  registerBackend('wasm', () => backend)
  await setBackend('wasm')
  return { backend, memory: module.memory }
}
