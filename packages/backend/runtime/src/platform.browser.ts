import type { Platform } from './platform.ts'

const place = (key: string): string => `resfn backends ${key}`

/** The browser: the storage of the page's origin; a worker has none. */
export const platform: Platform = {
  cores: () => globalThis.navigator.hardwareConcurrency,
  useNative: () => Promise.reject(new Error('the library of TensorFlow runs in Node alone')),
  memory: {
    read: async (key) => JSON.parse(globalThis.localStorage.getItem(place(key)) ?? 'null') as unknown,
    write: async (key, value) => globalThis.localStorage.setItem(place(key), JSON.stringify(value)),
  },
}
