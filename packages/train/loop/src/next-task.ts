type Scheduler = { readonly setImmediate?: (task: () => void) => unknown }
type Port = { onmessage: (() => void) | null; postMessage: (value: unknown) => void; close: () => void }
type Channels = { readonly MessageChannel: new () => { readonly port1: Port; readonly port2: Port } }

/**
 * Resolves in a task of its own, so that timers, signals and painting get their turn; promises that are ready at once
 * would starve them. Not a timer, because browsers stretch timers to 4 ms, nor an animation frame, because those stop
 * in hidden pages.
 */
export const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as unknown as Scheduler
    if (setImmediate !== undefined) {
      setImmediate(resolve)
      return
    }
    const { port1, port2 } = new (globalThis as unknown as Channels).MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
