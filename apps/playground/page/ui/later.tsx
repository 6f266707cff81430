import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

type View = () => preact.JSX.Element

/**
 * A view whose script is loaded when it is first shown. Where that fails, it says why, and tries again the next time.
 */
export const later = (load: () => Promise<View>): View => {
  const loaded = signal<{ readonly view?: View; readonly problem?: string }>({})
  return () => {
    useEffect(() => {
      if (loaded.peek().view !== undefined) return
      load().then(
        (view) => (loaded.value = { view }),
        (error: unknown) => (loaded.value = { problem: String(error) }),
      )
    }, [])
    const { view: Loaded, problem } = loaded.value
    if (Loaded !== undefined) return <Loaded />
    return problem === undefined ? (
      <p aria-busy="true" />
    ) : (
      <p role="alert" class="problem">
        {problem}
      </p>
    )
  }
}
