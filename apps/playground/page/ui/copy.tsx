import { useSignal } from '@preact/signals'
import { text } from '../text/text.ts'

/** A button that copies a text, and says that it did. */
export const Copy = ({ label, content }: { readonly label: string; readonly content: () => string }) => {
  const isCopied = useSignal(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(content())
    isCopied.value = true
    setTimeout(() => (isCopied.value = false), 2000)
  }
  return (
    <button type="button" class="secondary outline" onClick={() => void copy()}>
      <span aria-live="polite">{isCopied.value ? text.value.compose.copied : label}</span>
    </button>
  )
}
