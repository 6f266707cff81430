import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { text } from '../text/text.ts'

/** Milliseconds between two looks of a net through the camera. */
const lookEvery = 400

const frameOf = (video: HTMLVideoElement): ImageData => {
  const side = Math.min(video.videoWidth, video.videoHeight)
  const context = new OffscreenCanvas(side, side).getContext('2d')!
  context.drawImage(video, (video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side, 0, 0, side, side)
  return context.getImageData(0, 0, side, side)
}

/**
 * The camera, which runs only while it is shown and asked for. `children` gets a function that takes a picture;
 * `onFrame` is given one from time to time.
 */
export const Camera = (props: {
  readonly onFrame?: (frame: ImageData) => Promise<void>
  readonly onPicture?: (frame: ImageData) => void
}) => {
  const words = text.value.teach
  const video = useRef<HTMLVideoElement>(null)
  const isOn = useSignal(false)
  /** Whether there is a picture to take. */
  const isLive = useSignal(false)
  const problem = useSignal<string | undefined>(undefined)
  useEffect(() => {
    if (!isOn.value) return
    let stream: MediaStream | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const free = (): void => {
      for (const track of stream?.getTracks() ?? []) track.stop()
    }
    const fail = (reason: string): void => {
      problem.value = `${words.noCamera}: ${reason}`
      isOn.value = false
    }
    const look = async (): Promise<void> => {
      const element = video.current
      if (element !== null && element.videoWidth > 0) await props.onFrame?.(frameOf(element))
      if (!isOver) timer = setTimeout(() => void look(), lookEvery)
    }
    const begin = async (): Promise<void> => {
      // Browsers lend no camera to a page that came without encryption.
      if (navigator.mediaDevices === undefined) throw new Error(words.needsHttps)
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
      // It was turned off while someone was asked.
      if (isOver || video.current === null) return free()
      for (const track of stream.getTracks()) track.addEventListener('ended', () => fail(words.unplugged))
      video.current.srcObject = stream
      await video.current.play()
      isLive.value = true
      if (props.onFrame !== undefined) void look()
    }
    begin().catch((error: unknown) => {
      // Turned off before it played: nothing is wrong.
      if (!isOver) fail(error instanceof Error ? error.message : String(error))
    })
    return () => {
      isOver = true
      isLive.value = false
      clearTimeout(timer)
      free()
    }
  }, [isOn.value])
  return (
    <div class="camera">
      <div class="row">
        <button
          type="button"
          class="secondary outline small"
          aria-pressed={isOn.value}
          onClick={() => {
            problem.value = undefined
            isOn.value = !isOn.value
          }}
        >
          {isOn.value ? words.cameraOff : words.cameraOn}
        </button>
        {isOn.value && props.onPicture !== undefined && (
          <button
            type="button"
            class="small"
            disabled={!isLive.value}
            onClick={() => video.current !== null && props.onPicture!(frameOf(video.current))}
          >
            {words.take}
          </button>
        )}
      </div>
      {problem.value !== undefined && (
        <p role="alert" class="problem">
          {problem.value}
        </p>
      )}
      {isOn.value && <video ref={video} muted playsInline aria-label={words.camera} />}
    </div>
  )
}
