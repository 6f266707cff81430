import { extname, resolve } from 'node:path'
import { encodeNpy } from '@resfn/npz'
import type { EmbedFlags } from '../commands/embed.ts'
import { unwrap, usageError } from '../error.ts'
import { picturePaths } from '../image/picture-paths.ts'
import type { Action } from '../output.ts'
import { embedPictures } from '../run/embed-pictures.ts'
import { withViewer } from '../run/with-viewer.ts'
import { count } from '../text/format.ts'

/** The vectors of pictures into a file, and their names, a line each, beside it. */
export const embedInto: Action<EmbedFlags, readonly string[]> = async (context, flags, ...given) => {
  if (given.length === 0) throw usageError('say which pictures: resfn embed PATHS… --net RUN; see resfn embed --help')
  if (extname(flags.out).toLowerCase() !== '.npy') throw usageError(`--out ${flags.out}: give a name that ends in .npy`)
  const file = resolve(context.cwd, flags.out)
  const names = `${file.slice(0, -4)}.txt`
  const paths = await picturePaths(context, given)
  return withViewer(context, flags, async (viewer) => {
    const { images, vectors, failed } = await embedPictures(context, viewer, paths, flags)
    const size = vectors[0]!.length
    const all = new Float32Array(vectors.length * size)
    vectors.forEach((vector, i) => all.set(vector, i * size))
    const data = new Uint8Array(all.buffer)
    await context.files.write(file, unwrap(encodeNpy({ dtype: 'F32', shape: [vectors.length, size], data })))
    await context.files.write(names, images.map((image) => `${image}\n`).join(''))
    const left = failed.length === 0 ? '' : `, ${count(failed.length)} left out`
    return {
      json: {
        net: viewer.name,
        ...viewer.origin,
        file,
        names,
        shape: [vectors.length, size],
        images,
        failed,
      },
      text: `${count(vectors.length)} vectors of ${count(size)} numbers${left}: ${file} (names in ${names})`,
    }
  })
}
