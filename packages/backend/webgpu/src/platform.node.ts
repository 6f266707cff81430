import type { Platform } from './platform.ts'

// Dawn ends the device when nobody holds its entry any more, so this does.
let held: GPU | undefined

export const platform: Platform = {
  openGpu: async () => {
    const given = (globalThis.navigator as { readonly gpu?: GPU } | undefined)?.gpu
    if (given !== undefined) return { gpu: given }
    try {
      const { create, globals } = await import('webgpu')
      Object.assign(globalThis, globals)
      held ??= create([])
    } catch (error) {
      const [message] = (error instanceof Error ? error.message : String(error)).split('\n')
      return {
        missing: `Node has no WebGPU of its own, and the package webgpu does not load (${message}): npm install webgpu`,
      }
    }
    // Node 20 has no navigator.
    const { navigator } = globalThis as { readonly navigator?: object }
    const property = { value: held, configurable: true, enumerable: true }
    if (navigator !== undefined) Object.defineProperty(navigator, 'gpu', property)
    else Object.defineProperty(globalThis, 'navigator', { value: { gpu: held }, configurable: true, writable: true })
    return { gpu: held }
  },
  remedy:
    'Dawn found no GPU with a Vulkan, Metal or Direct3D 12 driver; on Linux install libvulkan1 and the driver of the GPU, or name a driver with VK_DRIVER_FILES',
}
