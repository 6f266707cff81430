import './use.css'
import { useSignal } from '@preact/signals'
import { listNets } from '@resfn/archs'
import { formatShape } from '@resfn/layer'
import { useEffect } from 'preact/hooks'
import { text } from '../text/text.ts'
import { BackendChoice } from '../train/backend-choice.tsx'
import { phase, task } from '../train/training.ts'
import { download } from '../ui/download.ts'
import { Panel } from '../ui/field.tsx'
import { Picture } from '../ui/picture.tsx'
import { Says, Strip } from '../ui/says.tsx'
import { pixelsOfFile } from './picture-file.ts'
import { Sketch } from './sketch.tsx'
import {
  answer,
  asImageData,
  facts,
  isOpening,
  loadSamples,
  look,
  lookAtFile,
  open,
  problem,
  samples,
  save,
} from './using.ts'

const chosenFile = (event: { readonly currentTarget: HTMLInputElement }): File | undefined => {
  const file = event.currentTarget.files?.[0]
  return file
}

const Model = () => {
  const words = text.value.use
  const net = useSignal('')
  const of = facts.value
  const isTrained = phase.value === 'training' || phase.value === 'paused' || phase.value === 'finished'
  const openFile = async (file: File): Promise<void> =>
    open({ kind: 'file', bytes: new Uint8Array(await file.arrayBuffer()), net: net.value.trim() })
  return (
    <form class="panel controls" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend>{words.net}</legend>
        <div class="chips">
          <button type="button" class="chip" onClick={() => void open({ kind: 'embedded' })}>
            {words.embedded}
          </button>
          {isTrained &&
            (task.value?.tracks ?? []).map(({ label }, track) => (
              <button type="button" class="chip" key={label} onClick={() => void open({ kind: 'track', track })}>
                {words.trained(label)}
              </button>
            ))}
        </div>
      </fieldset>
      <label>
        {words.file}
        <input
          type="file"
          accept=".safetensors,.pth,.pt,.bin"
          onChange={(event) => {
            const file = chosenFile(event)
            if (file !== undefined) void openFile(file)
            // The same file can be chosen again, with another name.
            event.currentTarget.value = ''
          }}
        />
      </label>
      <p class="help">{words.fileHelp}</p>
      <label>
        {words.name}
        <input list="all-nets" value={net.value} onInput={({ currentTarget }) => (net.value = currentTarget.value)} />
        <datalist id="all-nets">
          {listNets().map((known) => (
            <option key={known} value={known} />
          ))}
        </datalist>
      </label>
      <BackendChoice />
      <p role="status" id="opened" aria-busy={isOpening.value}>
        {isOpening.value
          ? words.opening
          : of === undefined
            ? ''
            : words.opened(of.name, formatShape(of.input), of.classes.length)}
      </p>
      {of !== undefined && (
        <button
          type="button"
          class="secondary outline"
          onClick={() => void save('resfn').then((bytes) => download(bytes, `${of.name}.safetensors`))}
        >
          {words.save}
        </button>
      )}
    </form>
  )
}

/** Where pictures come from: drawn, chosen, dropped, or of the test set. */
export const Pictures = () => {
  const words = text.value.use
  const chosen = useSignal(-1)
  const take = (file: File | undefined): void => {
    if (file === undefined) return
    chosen.value = -1
    void lookAtFile(pixelsOfFile(file))
  }
  return (
    <Panel title={words.draw} help={words.drawHelp}>
      <div
        class="sources"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault()
          take(event.dataTransfer?.files[0])
        }}
      >
        <Sketch
          onDrawn={(pixels) => {
            chosen.value = -1
            void look(pixels)
          }}
        />
        <div>
          <label>
            {words.picture}
            <input type="file" accept="image/*" onChange={(event) => take(chosenFile(event))} />
          </label>
          <p class="help">{words.drop}</p>
        </div>
      </div>
      {samples.value.length > 0 && (
        <>
          <h4>{words.samples}</h4>
          <Strip
            of={samples.value}
            chosen={chosen.value}
            onChoose={(index) => {
              chosen.value = index
              void look(asImageData(samples.value[index]!))
            }}
          />
        </>
      )}
    </Panel>
  )
}

/** What the open net says of the last picture. */
export const Answered = () => {
  const words = text.value.use
  const said = answer.value
  if (said === undefined || facts.value === undefined) return <p class="help">{words.nothing}</p>
  return (
    <Panel title={words.says}>
      <div class="row sees">
        <figure>
          <Picture pixels={said.seen} label={words.sees} />
          <figcaption>{words.sees}</figcaption>
        </figure>
        <Says
          probabilities={said.probabilities}
          activation={said.activation}
          image={said.seen}
          classes={facts.value.classes}
        />
      </div>
      {said.steps.length > 0 && <p class="help">{said.steps.join('; ')}</p>}
    </Panel>
  )
}

/** The tab that uses a net. */
export const Use = () => {
  const words = text.value.use
  useEffect(() => void loadSamples(), [])
  return (
    <div class="split">
      <Model />
      <div>
        {problem.value !== undefined && (
          <p role="alert" class="problem">
            {words.failed}: {problem.value}
          </p>
        )}
        <Pictures />
        <Answered />
      </div>
    </div>
  )
}
