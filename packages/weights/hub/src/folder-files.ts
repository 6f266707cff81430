import { join } from 'node:path'
import { either as E, taskEither as TE } from 'fp-ts'
import { isFile } from './cache-folder.ts'
import { failure } from './error.ts'
import type { NetFiles } from './net-files.ts'

/** The files of a net in a folder of this machine. */
export const folderFiles = (folder: string): NetFiles => ({
  where: folder,
  find: (names) => async () => {
    for (const name of names) {
      const path = join(folder, name)
      if (await isFile(path)) return E.right({ name, path })
    }
    return E.right(undefined)
  },
  lacks: (what) =>
    failure('NotFound', folder, `it has no ${what}; give a folder that timm saved, with config.json and its weights`),
  keep: TE.right(undefined),
})
