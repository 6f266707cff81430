// What is seen of it, without a framework.
import type { ImageSet } from '@resfn/batches'
import type { Seen } from './learn.ts'

const element = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element #${id}`)
  return found
}

/** Puts a text into the element of that id. */
export const show = (id: string, text: string, mood?: 'good' | 'bad'): void => {
  const target = element(id)
  target.textContent = text
  if (mood !== undefined) target.dataset.mood = mood
}

/** Lets the link of that id save a file. */
export const offer = (id: string, bytes: Uint8Array): void => {
  const link = element(id) as HTMLAnchorElement
  link.href = URL.createObjectURL(new Blob([new Uint8Array(bytes)]))
  link.hidden = false
}

const thumbnail = ({ images, shape: [height, width] }: ImageSet, index: number): HTMLCanvasElement => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')
  if (context === null) return canvas
  const pixels = context.createImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    const grey = 255 - (images[index * width * height + i] ?? 0)
    pixels.data.set([grey, grey, grey, 255], 4 * i)
  }
  context.putImageData(pixels, 0, 0)
  return canvas
}

const indexOfMax = (row: readonly number[]): number =>
  row.reduce((best, value, i) => (value > (row[best] ?? -Infinity) ? i : best), 0)

const probability = (row: readonly number[], of: number): number =>
  1 / row.reduce((sum, value) => sum + Math.exp(value - (row[of] ?? 0)), 0)

/** Every image with what the net takes it for; gives back how many are right. */
export const showPredictions = (set: ImageSet, logits: readonly (readonly number[])[]): number => {
  const figures = logits.map((row, i) => {
    const [guess, truth] = [indexOfMax(row), set.labels[i] ?? -1]
    const figure = document.createElement('figure')
    figure.dataset.mood = guess === truth ? 'good' : 'bad'
    const caption = document.createElement('figcaption')
    caption.textContent = `${set.classes[guess]} ${(100 * probability(row, guess)).toFixed(0)}%`
    figure.title = guess === truth ? 'right' : `it is: ${set.classes[truth]}`
    figure.append(thumbnail(set, i), caption)
    return figure
  })
  element('predictions').replaceChildren(...figures)
  return figures.filter(({ dataset }) => dataset.mood === 'good').length
}

const namespace = 'http://www.w3.org/2000/svg'
const svg = (name: string, attributes: { readonly [name: string]: string | number }, text = ''): SVGElement => {
  const made = document.createElementNS(namespace, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  made.textContent = text
  return made
}

/** The loss of every step so far, over the broad line of Node's. */
export const showLosses = (seen: readonly Seen[], expected: readonly number[]): void => {
  const [width, height, left, right, bottom, top] = [640, 250, 48, 20, 44, 16]
  const losses = seen.map(({ loss }) => loss)
  const steps = seen[0]?.of ?? 10
  const highest = Math.max(0.1, ...losses, ...expected) * 1.05
  const x = (step: number): number => left + ((step - 1) / Math.max(1, steps - 1)) * (width - left - right)
  const y = (loss: number): number => top + (1 - loss / highest) * (height - top - bottom)
  const path = (values: readonly number[]): string =>
    values.map((value, i) => `${x(i + 1).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  const unit = 10 ** Math.floor(Math.log10(highest))
  const spacing = [0.2, 0.5, 1, 2, 5].map((factor) => factor * unit).find((gap) => highest / gap <= 5) ?? unit
  const ticks = Array.from({ length: Math.floor(highest / spacing) + 1 }, (_, i) => i * spacing)
  element('losses').replaceChildren(
    ...ticks.flatMap((value) => [
      svg('line', { class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      svg('text', { x: left - 8, y: y(value) + 4, 'text-anchor': 'end' }, String(Number(value.toPrecision(2)))),
    ]),
    ...Array.from({ length: steps }, (_, i) =>
      svg('text', { x: x(i + 1), y: height - 26, 'text-anchor': 'middle' }, String(i + 1)),
    ),
    svg('text', { x: (left + width - right) / 2, y: height - 8, 'text-anchor': 'middle' }, 'step'),
    svg(
      'text',
      {
        x: 14,
        y: (top + height - bottom) / 2,
        'text-anchor': 'middle',
        transform: `rotate(-90 14 ${(top + height - bottom) / 2})`,
      },
      'loss',
    ),
    svg('polyline', { class: 'expected', points: path(expected) }),
    svg('polyline', { class: 'loss', points: path(losses) }),
    ...losses.map((loss, i) => svg('circle', { class: 'loss', cx: x(i + 1), cy: y(loss), r: 3 })),
  )
}
