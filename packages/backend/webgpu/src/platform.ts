/** The entry to the GPUs of this machine, or why there is none. */
export type Entry = { readonly gpu: GPU } | { readonly missing: string }

/** What `useWebgpu` needs from Node or the browser; `#platform` in package.json chooses the file. */
export type Platform = {
  /** Finds the entry, and makes it and the constants of WebGPU known where tfjs looks for them. */
  readonly openGpu: () => Promise<Entry>
  /** What to do where no adapter is found. */
  readonly remedy: string
}
