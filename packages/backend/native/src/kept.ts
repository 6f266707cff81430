import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '@resfn/cache'

/** A file, and what tells it from another one of its name. */
export type KeptFile = { readonly path: string; readonly bytes: number; readonly sha256: string }

/** Where an addon that was built here comes from; it is kept beside the addon. */
export type Provenance = {
  /** The addon. */
  readonly addon: KeptFile
  /** TensorFlow, as the running library calls itself, and its files. */
  readonly tensorflow: {
    readonly version: string
    readonly cuda: boolean
    readonly folder: string
    readonly libraries: readonly KeptFile[]
  }
  /** The package whose C++ was compiled, and what was replaced in it. */
  readonly source: { readonly name: string; readonly version: string; readonly patches: readonly string[] }
  readonly headers: string
  readonly compiler: string
  readonly node: string
  readonly machine: string
  /** What the check computed on, as TensorFlow names it, and the largest relative difference that it found. */
  readonly checked: { readonly device: string; readonly difference: number }
  /** ISO 8601. */
  readonly built: string
}

/** The folder with the addons that were built here. */
export const nativeCache = (): string => cacheFolder('native')

/** The file that names the addon in use. */
export const provenanceFile = (folder: string): string => join(folder, 'provenance.json')

/** The SHA-256 of bytes, in hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const again = 'run resfn setup native again'

/** What is wrong with a kept addon: a file that has gone, or changed since it was built. */
const faultOf = ({ addon, tensorflow, machine }: Provenance): string | undefined => {
  if (machine !== `${process.platform}-${process.arch}`) return `it was built for ${machine}: ${again}`
  for (const { path, bytes } of [addon, ...tensorflow.libraries]) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return `${path} is not there any more: ${again}`
    if (found.size !== bytes) return `${path} has changed since: ${again}`
  }
  return sha256(readFileSync(addon.path)) === addon.sha256 ? undefined : `${addon.path} has changed since: ${again}`
}

/** The addon that was built here, what is wrong with it, or nothing where none was built. */
export const keptAddon = (
  folder: string = nativeCache(),
): { readonly provenance: Provenance } | { readonly fault: string } | undefined => {
  let text: string
  try {
    text = readFileSync(provenanceFile(folder), 'utf8')
  } catch {
    return undefined
  }
  try {
    const provenance = JSON.parse(text) as Provenance
    const fault = faultOf(provenance)
    return fault === undefined ? { provenance } : { fault: `the addon of ${provenance.built} is of no use: ${fault}` }
  } catch {
    return { fault: `${provenanceFile(folder)} is damaged: ${again}` }
  }
}
