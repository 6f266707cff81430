import './teach.css'
import { useSignal } from '@preact/signals'
import { pageWith } from '../classifier/write-page.ts'
import { text } from '../text/text.ts'
import { BackendChoice } from '../train/backend-choice.tsx'
import { download } from '../ui/download.ts'
import { Panel } from '../ui/field.tsx'
import { Answered, Pictures } from '../use/use.tsx'
import { facts, look, save } from '../use/using.ts'
import { Camera } from './camera.tsx'
import { chosen, dropped, picturesOf } from './folders.ts'
import {
  addClass,
  addPictures,
  failed,
  isTeaching,
  type OwnClass,
  ownClasses,
  problem,
  progress,
  removeClass,
  removePicture,
  rename,
  setFolders,
  taught,
  teach,
} from './teaching.ts'

/** A small copy of a picture, on a canvas. */
const Thumbnail = ({ of }: { readonly of: ImageData }) => (
  <canvas
    class="thumbnail"
    aria-hidden="true"
    width={56}
    height={56}
    ref={(canvas) => {
      if (canvas === null || canvas.dataset['drawn'] === 'yes') return
      canvas.dataset['drawn'] = 'yes'
      const whole = new OffscreenCanvas(of.width, of.height)
      whole.getContext('2d')!.putImageData(of, 0, 0)
      canvas.getContext('2d')!.drawImage(whole, 0, 0, 56, 56)
    }}
  />
)

const take = async (id: number, found: Parameters<typeof picturesOf>[0]): Promise<void> => {
  const words = text.value.teach
  const { byFolder, others } = await picturesOf(found)
  addPictures(id, [...byFolder.values()].flat())
  if (others.length > 0) failed(new Error(words.notPictures(others.join(', '))))
}

const ClassCard = ({ of }: { readonly of: OwnClass }) => {
  const words = text.value.teach
  return (
    <article
      class="panel own-class"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        event.stopPropagation()
        if (event.dataTransfer !== null) void dropped(event.dataTransfer).then((found) => take(of.id, found))
      }}
    >
      <div class="row">
        <label class="name">
          {words.name}
          <input value={of.name} onInput={({ currentTarget }) => rename(of.id, currentTarget.value)} />
        </label>
        <button
          type="button"
          class="secondary outline small"
          aria-label={`${words.remove}: ${of.name}`}
          onClick={() => removeClass(of.id)}
        >
          ×
        </button>
      </div>
      <label>
        {words.pictures(of.pictures.length)}
        <input
          type="file"
          accept="image/*"
          multiple
          onChange={({ currentTarget }) => {
            const files = [...(currentTarget.files ?? [])].map((file) => ({ folder: '', file }))
            void take(of.id, files).then(() => (currentTarget.value = ''))
          }}
        />
      </label>
      <Camera onPicture={(frame) => addPictures(of.id, [frame])} />
      <div class="thumbnails">
        {of.pictures.map((picture, i) => (
          <button
            type="button"
            key={i}
            aria-label={words.removePicture(i + 1, of.name)}
            onClick={() => removePicture(of.id, i)}
          >
            <Thumbnail of={picture} />
          </button>
        ))}
      </div>
    </article>
  )
}

const Folders = () => {
  const words = text.value.teach
  const read = async (found: Parameters<typeof picturesOf>[0]): Promise<void> => {
    const { byFolder, others } = await picturesOf(found)
    setFolders(byFolder)
    if (others.length > 0) failed(new Error(words.notPictures(others.join(', '))))
  }
  return (
    <div
      class="drop"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        if (event.dataTransfer !== null) void dropped(event.dataTransfer).then(read)
      }}
    >
      <label>
        {words.folder}
        <input
          type="file"
          multiple
          {...{ webkitdirectory: true }}
          onChange={({ currentTarget }) => {
            if (currentTarget.files !== null) void read(chosen(currentTarget.files))
          }}
        />
      </label>
      <p class="help">{words.folderHelp}</p>
    </div>
  )
}

const Steps = () => {
  const words = text.value.teach
  const at = progress.value
  const result = taught.value
  return (
    <Panel title={words.teachIt} help={words.teachHelp(facts.value?.name ?? 'cifar-resnet20')}>
      <div class="row">
        <button type="button" disabled={isTeaching.value} onClick={() => void teach('head')}>
          {words.head}
        </button>
        <button type="button" class="secondary" disabled={isTeaching.value} onClick={() => void teach('all')}>
          {words.all}
        </button>
      </div>
      {at !== undefined && (
        <progress value={at.done} max={1} aria-label={at.part === 'head' ? words.head : words.all} />
      )}
      {problem.value !== undefined && (
        <p role="alert" class="problem">
          {problem.value}
        </p>
      )}
      <p role="status" id="taught">
        {result !== undefined &&
          !isTeaching.value &&
          words.result(`${(100 * result.accuracy).toFixed(1)}%`, result.tested, result.learned)}
      </p>
    </Panel>
  )
}

const formats = ['page', 'timm', 'onnx', 'resfn'] as const

/** The file of a format, with its name. */
const written = async (format: (typeof formats)[number]): Promise<readonly [Uint8Array, string]> => {
  if (format === 'page') return [await pageWith(await save('resfn'), facts.value?.classes ?? []), 'net.html']
  return [await save(format), format === 'onnx' ? 'net.onnx' : `net-${format}.safetensors`]
}

const Take = () => {
  const words = text.value.teach
  const isFailed = useSignal<string | undefined>(undefined)
  const write = async (format: (typeof formats)[number]): Promise<void> => {
    isFailed.value = undefined
    try {
      download(...(await written(format)))
    } catch (error) {
      isFailed.value = error instanceof Error ? error.message : String(error)
    }
  }
  return (
    <Panel title={words.takeHome}>
      <div class="row">
        {formats.map((format) => (
          <button type="button" key={format} class="secondary outline" onClick={() => void write(format)}>
            {words.formats[format]}
          </button>
        ))}
      </div>
      {isFailed.value !== undefined && (
        <p role="alert" class="problem">
          {isFailed.value}
        </p>
      )}
    </Panel>
  )
}

/** The tab that teaches a net. */
export const Teach = () => {
  const words = text.value.teach
  return (
    <div class="split">
      <form class="panel controls" onSubmit={(event) => event.preventDefault()}>
        <p class="help">{words.private}</p>
        <Folders />
        <BackendChoice />
        <Steps />
      </form>
      <div>
        <div class="own-classes">
          {ownClasses.value.map((of) => (
            <ClassCard key={of.id} of={of} />
          ))}
          <button type="button" class="secondary outline" onClick={() => addClass()}>
            {words.add}
          </button>
        </div>
        {taught.value !== undefined && (
          <>
            <h3>{words.try}</h3>
            <Camera onFrame={look} />
            <Pictures />
            <Answered />
            <Take />
          </>
        )}
      </div>
    </div>
  )
}
