// The page that a taught net is taken along as: one file with the net in it, which asks no server for anything.
import './classifier.css'
import { useSignal } from '@preact/signals'
import { decodeCheckpoint } from '@resfn/checkpoint'
import { useWasm } from '@resfn/wasm'
import { either as E } from 'fp-ts'
import { render } from 'preact'
import { answer } from '../engine/answer.ts'
import { type Model, ofCheckpoint } from '../engine/model.ts'
import type { Answer } from '../engine/protocol.ts'
import { Camera } from '../teach/camera.tsx'
import { text } from '../text/text.ts'
import { Picture } from '../ui/picture.tsx'
import { Says } from '../ui/says.tsx'
import { pixelsOfFile } from '../use/picture-file.ts'
import { Sketch } from '../use/sketch.tsx'

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

const load = async (): Promise<Model> => {
  // The page may lie on a disk, where there is no isolation, so one thread is all there is.
  await useWasm({ threads: 1 })
  const checkpoint = decodeCheckpoint(bytesOf(document.getElementById('net')!.textContent.trim()))
  if (E.isLeft(checkpoint)) throw new Error(checkpoint.left.message)
  return ofCheckpoint(checkpoint.right)
}

const Classifier = ({ model }: { readonly model: Model }) => {
  const words = text.value.use
  const said = useSignal<Answer | undefined>(undefined)
  const problem = useSignal<string | undefined>(undefined)
  const look = async (pixels: ImageData | Promise<ImageData>): Promise<void> => {
    problem.value = undefined
    try {
      const { width, height, data } = await pixels
      said.value = await answer(model, { width, height, data, channels: 4 })
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error)
    }
  }
  const take = (file: File | undefined): void => void (file !== undefined && look(pixelsOfFile(file)))
  return (
    <main
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        take(event.dataTransfer?.files[0])
      }}
    >
      <h1>{model.classes.join(' / ')}</h1>
      <p>
        <label>
          {words.picture}{' '}
          <input type="file" accept="image/*" onChange={({ currentTarget }) => take(currentTarget.files?.[0])} />
        </label>{' '}
        {words.drop}
      </p>
      <Camera onFrame={look} />
      <Sketch onDrawn={(pixels) => void look(pixels)} />
      {problem.value !== undefined && <p role="alert">{problem.value}</p>}
      {said.value !== undefined && (
        <section aria-live="polite">
          <h2>{words.says}</h2>
          <div class="sees">
            <Picture pixels={said.value.seen} label={words.sees} />
          </div>
          <Says
            probabilities={said.value.probabilities}
            activation={said.value.activation}
            image={said.value.seen}
            classes={model.classes}
          />
        </section>
      )}
    </main>
  )
}

const target = document.getElementById('app')!
load().then(
  (model) => render(<Classifier model={model} />, target),
  (error: unknown) => (target.textContent = error instanceof Error ? error.message : String(error)),
)
