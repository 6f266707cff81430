import type { Platform } from './platform.ts'

export const platform: Platform = {
  openGpu: async () => {
    const { gpu } = globalThis.navigator as { readonly gpu?: GPU }
    return gpu === undefined
      ? { missing: 'this browser has no WebGPU here; it takes a current browser and a page from https or localhost' }
      : { gpu }
  },
  remedy: 'the browser knows of no GPU that it may use; update the driver, or look at about:gpu',
}
