import { choice } from '../engine/connection.ts'
import { text } from '../text/text.ts'
import { Choice } from '../ui/field.tsx'
import { switchBackend } from './training.ts'

const backends = ['auto', 'webgpu', 'webgl', 'wasm', 'cpu'] as const

/** The backend that computes; it can be changed at any time. */
export const BackendChoice = () => {
  const words = text.value.train
  return (
    <Choice
      label={words.backend}
      value={choice.value}
      values={backends.map((name) => [name, name === 'auto' ? words.auto : name])}
      onChange={(to) => void switchBackend(to)}
    />
  )
}
