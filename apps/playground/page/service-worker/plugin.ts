// Builds the service worker: it has to know the files of the site, so it comes after them.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'

/** Its name tells where it works: at its place and below. */
const script = 'service-worker.js'

type File = { readonly name: string; readonly bytes: Buffer }

const filesOf = (folder: string): readonly File[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== script)
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: relative(folder, path).replaceAll(sep, '/'), bytes: readFileSync(path) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || (a.name < b.name ? -1 : 1))

/** The page, and the scripts and styles that it names. */
const firstOf = (files: readonly File[]): readonly string[] => {
  const page = files.find(({ name }) => name === 'index.html')?.bytes.toString() ?? ''
  return files.flatMap(({ name }) => (name === 'index.html' || page.includes(`="./${name}"`) ? [name] : []))
}

const versionOf = (files: readonly File[]): string => {
  const hash = createHash('sha256')
  for (const { name, bytes } of files) hash.update(`${name}\n`).update(bytes)
  return hash.digest('hex').slice(0, 16)
}

/** Adds a service worker to the built site that knows all its files. */
export const serviceWorker = (): Plugin => ({
  name: 'resfn-service-worker',
  apply: 'build',
  writeBundle: {
    order: 'post',
    sequential: true,
    handler: async ({ dir }) => {
      if (dir === undefined) throw new Error('the service worker needs the folder that the site is written to')
      const files = filesOf(dir)
      await build({
        configFile: false,
        root: fileURLToPath(new URL('.', import.meta.url)),
        logLevel: 'warn',
        define: {
          SITE_FILES: JSON.stringify(files.map(({ name }) => name)),
          SITE_FIRST: JSON.stringify(firstOf(files)),
          SITE_VERSION: JSON.stringify(versionOf(files)),
        },
        build: {
          outDir: dir,
          emptyOutDir: false,
          copyPublicDir: false,
          target: 'es2022',
          modulePreload: false,
          rolldownOptions: {
            input: fileURLToPath(new URL('worker.ts', import.meta.url)),
            output: { format: 'iife', entryFileNames: script },
          },
        },
      })
    },
  },
})
