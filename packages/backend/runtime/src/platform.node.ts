import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, makeFolder } from '@resfn/cache'
import type { Platform } from './platform.ts'

const fileOf = (folder: string, key: string): string =>
  join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 16)}.json`)

/** Node: a file a measurement, in the user's cache folder. */
export const platform: Platform = {
  cores: availableParallelism,
  useNative: async (options) => (await import('@resfn/native')).useNative(options),
  memory: {
    read: async (key) => JSON.parse(await readFile(fileOf(cacheFolder('backends'), key), 'utf8')) as unknown,
    write: async (key, value) => {
      const folder = cacheFolder('backends')
      await makeFolder(folder)()
      await writeFile(fileOf(folder, key), JSON.stringify({ key, ...value }))
    },
  },
}
