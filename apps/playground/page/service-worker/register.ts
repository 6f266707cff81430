// Lets the page work without a network, and with all cores on hosts that send no headers of cross-origin isolation.

const mark = 'resfn.isolating'

/**
 * A page that was loaded before its service worker was there has no threads, and gets them by being loaded again: once,
 * and not where someone has begun to use it.
 */
const loadAgain = (): boolean => {
  if (crossOriginIsolated) {
    sessionStorage.removeItem(mark)
    return false
  }
  if (sessionStorage.getItem(mark) !== null || navigator.userActivation?.hasBeenActive === true) return false
  sessionStorage.setItem(mark, 'loaded again')
  location.reload()
  return true
}

const whenIdle = (work: () => void): void => {
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work)
  else setTimeout(work, 2000)
}

/** People who pay for each byte are sent only what they use. */
const savesData = (): boolean =>
  'connection' in navigator && (navigator.connection as { saveData?: boolean }).saveData === true

/** Registers the service worker of the built page. */
export const useServiceWorker = async (): Promise<void> => {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  try {
    await navigator.serviceWorker.register('./service-worker.js', { updateViaCache: 'none' })
    const { active } = await navigator.serviceWorker.ready
    if (!loadAgain() && !savesData()) whenIdle(() => active?.postMessage('keep all'))
  } catch {
    // The browser allows none here: the page works with one thread, and says so.
  }
}
