import { basename, extname, resolve } from 'node:path'
import { gradCam, lastMaps } from '@resfn/class-activation'
import { summary } from '@resfn/layer'
import { dispose, softmax, tensor4d, tidy } from '@tensorflow/tfjs-core'
import type { ExplainFlags } from '../commands/explain.ts'
import { say } from '../context/context.ts'
import { usageError } from '../error.ts'
import { overlay } from '../image/overlay.ts'
import { pictureFormat } from '../image/picture-file.ts'
import { picturePaths } from '../image/picture-paths.ts'
import { pictureName, readPicture } from '../image/read-picture.ts'
import type { Action } from '../output.ts'
import type { Viewer } from '../run/viewer.ts'
import { withViewer } from '../run/with-viewer.ts'
import { checkName } from '../text/nearest.ts'
import { count } from '../text/format.ts'

/** The index of a class by its name, or by its number where no class has that name. */
const classIndex = ({ classes }: Viewer, given: string): number => {
  const found = classes.indexOf(given)
  if (found >= 0) return found
  if (/^\d+$/.test(given) && Number(given) < classes.length) return Number(given)
  checkName('class', given, classes, `there are ${count(classes.length)}, and their numbers are taken too`)
  return found
}

const checkLayer = ({ net, name, input }: Viewer, layer: string): void => {
  const paths = summary(net, input).rows.map(({ path }) => path)
  checkName('part', layer, paths, `resfn graph ${name} --depth 3 shows them`)
}

/** Where a net looks in a picture, as a picture. */
export const explainPicture: Action<ExplainFlags, [string]> = async (context, flags, given) => {
  const [path, ...more] = await picturePaths(context, [given])
  if (path === undefined || more.length > 0)
    throw usageError(`${given} is ${count(more.length + 1)} pictures; explain one at a time`)
  const name = pictureName(path)
  const out = flags.out ?? `${basename(name, extname(name)).replaceAll(' ', '-')}-explained.png`
  const encoded = pictureFormat(out)
  const file = resolve(context.cwd, out)
  return withViewer(context, flags, async (viewer) => {
    const { net, params, state, input, classes } = viewer
    const asked = flags.class === undefined ? undefined : classIndex(viewer, flags.class)
    if (flags.layer !== undefined) checkLayer(viewer, flags.layer)
    const layer = flags.layer ?? lastMaps(net, input)
    const picture = await readPicture(context, path, { grey16: viewer.grey16 })
    const { x, steps, place } = viewer.see(picture)
    if (steps.length > 0) say(context, `image ${name}: ${steps.join(', ')}`)
    const found = tidy(() => {
      const { map, logits } = gradCam(net, params, state, tensor4d(x, [1, ...input]), {
        layer,
        ...(asked !== undefined && { class: asked }),
      })
      return { map, probabilities: softmax(logits) }
    })
    const [, mapHeight = 1, mapWidth = 1] = found.map.shape
    const [values, probabilities] = await Promise.all([
      found.map.data<'float32'>(),
      found.probabilities.data<'float32'>(),
    ]).finally(() => dispose([found.map, found.probabilities]))
    const map = { values: values.slice(), height: mapHeight, width: mapWidth }
    // A net that has diverged says nothing; then it is the first class.
    const label = asked ?? Math.max(0, probabilities.indexOf(Math.max(...probabilities)))
    const drawn = overlay(picture, map, place)
    await context.files.write(file, await encoded(drawn))
    const said = classes[label] ?? `class ${label}`
    const probability = probabilities[label]!
    const nothing = map.values.every((value) => value === 0)
    return {
      json: {
        net: viewer.name,
        ...viewer.origin,
        image: path,
        file,
        layer,
        class: said,
        label,
        probability,
        size: [drawn.height, drawn.width],
        place,
        map: { shape: [map.height, map.width], values: [...map.values] },
      },
      text: [
        `${said} (${(100 * probability).toFixed(1)} %), seen at ${layer}: ${file}`,
        ...(nothing ? ['nothing in the picture speaks for this class there; try another --layer or --class'] : []),
      ].join('\n'),
    }
  })
}
