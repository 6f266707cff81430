// What page and worker say to each other: plain data, and one callback for what happens.
import type { Confusion } from '@resfn/losses'
import type { Recipe } from '@resfn/recipe'
import type { Composition } from '../composition/composition.ts'

/** What the page lets people choose of a recipe, and how many training images are used. */
export type Settings = Pick<
  Recipe,
  'epochs' | 'batch' | 'optimiser' | 'lr' | 'schedule' | 'momentum' | 'weightDecay' | 'smoothing' | 'flip' | 'crop'
> & { readonly images: number; readonly seed: number }

/** One net that learns; where there are two, they see the same batches from the same key. */
export type Track = { readonly label: string; readonly composition: Composition }

/** What is trained: nets, and how. */
export type Task = { readonly tracks: readonly Track[]; readonly settings: Settings }

/** The backend that runs. */
export type Running = { readonly backend: string; readonly details: string; readonly warnings: readonly string[] }

/** Numbers of one step. */
export type StepSeen = {
  readonly type: 'step'
  readonly track: number
  readonly step: number
  readonly loss: number
  readonly accuracy: number
  readonly learningRate: number
  readonly examplesPerSecond: number
}

/** The norm of the gradient of each filter and matrix, in the order they run, shortcuts left out. */
export type DepthSeen = {
  readonly type: 'depth'
  readonly track: number
  readonly step: number
  readonly paths: readonly string[]
  readonly norms: readonly number[]
}

/** An image that the net is sure of, and wrong. */
export type Mistake = {
  readonly index: number
  readonly label: number
  readonly predicted: number
  readonly probability: number
}

/** How good a net is on some of the test images. */
export type Judged = {
  readonly type: 'judged'
  readonly track: number
  readonly step: number
  readonly examples: number
  readonly loss: number
  readonly accuracy: number
  readonly confusion: Confusion
  readonly mistakes: readonly Mistake[]
}

/** What happens while training; `kept` is a checkpoint of each track, as a file of safetensors. */
export type Happening =
  | StepSeen
  | DepthSeen
  | Judged
  | { readonly type: 'kept'; readonly checkpoints: readonly Uint8Array[] }
  | { readonly type: 'running'; readonly running: Running }
  | { readonly type: 'lost'; readonly message: string }

/** Why training stands still. */
export type Stopped = 'finished' | 'paused'

/** Bytes of a picture in greys or colours. */
export type Pixels = {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array
}

/** The maps of a part for one image, and its filters where it has some, each scaled to its own range. */
export type PartSeen = { readonly path: string; readonly shape: readonly number[]; readonly maps: readonly Pixels[] }

/** What a net makes of one image. */
export type Look = {
  readonly probabilities: readonly number[]
  readonly parts: readonly PartSeen[]
  readonly filters: readonly Pixels[]
  /** where the net looks for the class it says: values from 0 to 1 */
  readonly activation: Pixels | undefined
}

/** The page's own net, or a file: of ours, or of PyTorch with the name of its net. */
export type StoredSource =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly net: string }

/** Where a net to use comes from. */
export type ModelSource = StoredSource | { readonly kind: 'track'; readonly track: number }

/** What is known of a net to use. */
export type ModelFacts = {
  readonly name: string
  readonly input: readonly number[]
  readonly classes: readonly string[]
  readonly params: number
}

/** What a net says of a picture. */
export type Answer = {
  readonly probabilities: readonly number[]
  /** the picture as the net sees it */
  readonly seen: Pixels
  /** what was done to it, in words */
  readonly steps: readonly string[]
  /** where the net looks for the class it says */
  readonly activation: Pixels
}

/** RGBA, as a canvas gives it. */
export type CanvasPicture = { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray }

/** What someone teaches: classes by pictures, and whether only the head learns or all layers after it. */
export type Lesson = {
  readonly classes: readonly { readonly name: string; readonly pictures: readonly CanvasPicture[] }[]
  readonly part: 'head' | 'all'
}

/** How far the teaching is: a share from 0 to 1. */
export type TeachSeen = {
  readonly type: 'teaching'
  readonly part: Lesson['part']
  readonly done: number
  readonly loss: number
}

/** How good the taught net is on the pictures that were held back, or on all where they are few. */
export type Taught = { readonly accuracy: number; readonly tested: number; readonly learned: number }

/** What a net can be written as. */
export type ExportFormat = 'resfn' | 'timm' | 'onnx'

/** The worker as the page sees it. */
export type Engine = {
  readonly classes: () => Promise<readonly string[]>
  /** Makes a backend current; runs that exist move to it. */
  readonly use: (choice: string) => Promise<Running>
  /** New runs, or those of checkpoints; what was there before is freed. Nothing trains yet. */
  readonly begin: (
    task: Task,
    happened: (what: Happening) => void,
    checkpoints?: readonly Uint8Array[],
  ) => Promise<void>
  /** Trains until it is paused or all is done. */
  readonly train: () => Promise<Stopped>
  readonly pause: () => Promise<void>
  /** Multiplies the learning rate of the schedule from the next step on. */
  readonly scaleRate: (factor: number) => Promise<void>
  readonly look: (track: number, image: number) => Promise<Look>
  readonly images: (indices: readonly number[]) => Promise<readonly Pixels[]>
  /** A checkpoint file of a track, which the command goes on with where the net has a name. */
  readonly save: (track: number) => Promise<Uint8Array>
  /** Opens a net to use; the one before is closed, unless this one cannot be opened. */
  readonly open: (source: ModelSource) => Promise<ModelFacts>
  /** What the open net says of a picture of any size; `data` is RGBA, as a canvas gives it. */
  readonly answer: (picture: CanvasPicture) => Promise<Answer>
  /** Teaches the open net classes of someone's own; the taught net is then the open one. */
  readonly teach: (lesson: Lesson, seen: (what: TeachSeen) => void) => Promise<Taught>
  /** The open net as a file. */
  readonly saveOpen: (format: ExportFormat) => Promise<Uint8Array>
}
