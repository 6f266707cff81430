// The state of the net that is used.
import { signal } from '@preact/signals'
import { computing } from '../engine/connection.ts'
import type { Answer, ExportFormat, ModelFacts, ModelSource, Pixels } from '../engine/protocol.ts'

export const facts = signal<ModelFacts | undefined>(undefined)
export const answer = signal<Answer | undefined>(undefined)
export const isOpening = signal(false)
export const problem = signal<string | undefined>(undefined)
export const samples = signal<readonly Pixels[]>([])

let last: ImageData | undefined
let opening: Promise<void> | undefined

const attempt = async (task: () => Promise<void>): Promise<void> => {
  problem.value = undefined
  try {
    await task()
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error)
  }
}

const ask = async (): Promise<void> => {
  if (last === undefined) return
  const { width, height, data } = last
  answer.value = await (await computing()).answer({ width, height, data })
}

/** Opens a net, and asks it of the last picture. */
export const open = (source: ModelSource): Promise<void> => {
  isOpening.value = true
  opening = attempt(async () => {
    facts.value = await (await computing()).open(source)
    answer.value = undefined
    await ask()
  }).finally(() => (isOpening.value = false))
  return opening
}

/** Opens a file of this site. */
export const openFromSite = (file: string): Promise<void> =>
  attempt(async () => {
    const response = await fetch(new URL(file, document.baseURI))
    if (!response.ok) throw new Error(`${file}: the server answered ${response.status}`)
    await open({ kind: 'file', bytes: new Uint8Array(await response.arrayBuffer()), net: '' })
  })

/** The open net has learned other classes; the last picture is looked at again. */
export const refreshFacts = (classes: readonly string[]): Promise<void> =>
  attempt(async () => {
    const known = facts.value ?? { name: 'cifar-resnet20', input: [28, 28, 1], params: 0 }
    facts.value = { ...known, classes }
    answer.value = undefined
    await ask()
  })

/** What the net says of a picture; where none is open, the page's own is opened first. */
export const look = async (pixels: ImageData): Promise<void> => {
  last = pixels
  await opening
  if (facts.value === undefined) return open({ kind: 'embedded' })
  return attempt(ask)
}

/** A picture from a file, where it is one. */
export const lookAtFile = (read: Promise<ImageData>): Promise<void> => attempt(async () => look(await read))

const offered = Array.from({ length: 20 }, (_, i) => i)

export const loadSamples = (): Promise<void> =>
  attempt(async () => {
    if (samples.value.length === 0) samples.value = await (await computing()).images(offered)
  })

/** A grey image as a canvas would give it. */
export const asImageData = ({ width, height, data }: Pixels): ImageData => {
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) image.data.set([data[i]!, data[i]!, data[i]!, 255], 4 * i)
  return image
}

/** The open net as a file. */
export const save = async (format: ExportFormat): Promise<Uint8Array> => (await computing()).saveOpen(format)
