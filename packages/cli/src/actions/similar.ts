import { extname, relative, resolve } from 'node:path'
import type { SimilarFlags } from '../commands/similar.ts'
import { usageError } from '../error.ts'
import { picturePaths } from '../image/picture-paths.ts'
import { similarPage } from '../image/similar-page.ts'
import type { Action } from '../output.ts'
import { cosine, embedPictures } from '../run/embed-pictures.ts'
import { withViewer } from '../run/with-viewer.ts'
import { count } from '../text/format.ts'
import { table } from '../text/layout.ts'

/** The pictures most like one, by the cosine of their vectors. */
export const similarPictures: Action<SimilarFlags, readonly string[]> = async (context, flags, ...given) => {
  const [one, ...others] = given
  if (one === undefined || others.length === 0)
    throw usageError('say what to compare with what: resfn similar PICTURE PATHS… --net RUN; see resfn similar --help')
  const { out, top } = flags
  if (out !== undefined && extname(out).toLowerCase() !== '.html')
    throw usageError(`--out ${out}: give a name that ends in .html`)
  const [query, ...more] = await picturePaths(context, [one])
  if (more.length > 0) throw usageError(`${one} is ${count(more.length + 1)} pictures; give one to compare with`)
  const found = await picturePaths(context, others)
  // The picture itself is no answer.
  const paths = found.filter((path) => path !== query)
  if (paths.length === 0) throw usageError(`${others.join(' ')}: there is no other picture; give more`)
  return withViewer(context, flags, async (viewer) => {
    const {
      vectors: [vector],
    } = await embedPictures(context, viewer, [query!], { strict: true })
    const { images, vectors, failed } = await embedPictures(context, viewer, paths, flags)
    const nearest = images
      .map((image, i) => ({ image, cosine: cosine(vector!, vectors[i]!) }))
      .sort((a, b) => b.cosine - a.cosine || a.image.localeCompare(b.image))
      .slice(0, top)
    const file = out === undefined ? undefined : resolve(context.cwd, out)
    if (file !== undefined)
      await context.files.write(file, await similarPage(context, viewer, { query: query!, nearest }))
    const name = (path: string): string => {
      const below = relative(context.cwd, path)
      return below.startsWith('..') ? path : below
    }
    const rows = nearest.map((each) => [name(each.image), each.cosine.toFixed(4)])
    return {
      json: {
        net: viewer.name,
        ...viewer.origin,
        query: query!,
        compared: images.length,
        file: file ?? null,
        failed,
        nearest,
      },
      text: [
        table({ rows, align: ['left', 'right'], columns: context.columns() }),
        ...(file === undefined ? [] : [`the pictures: ${file}`]),
      ].join('\n'),
    }
  })
}
