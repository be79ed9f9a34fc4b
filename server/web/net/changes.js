// One stream for a page: it says that something moved which its reader may read. It is asked for anew when it ends.

/** Nothing came for so long: twice the server's beat. */
const SILENCE_MS = 65_000
/** Between two attempts, from the first on. */
const WAITS_MS = [500, 1_000, 2_000, 5_000, 10_000]

/** Follows `path`; `moved` is called for every event and whenever the stream was away. Answers how to stop. */
export function follow(path, moved) {
  const stop = new AbortController()
  run(path, moved, stop.signal)
  return () => stop.abort()
}

async function run(path, moved, stopped) {
  let failures = 0
  while (!stopped.aborted) {
    try {
      await once(path, stopped, moved, () => {
        failures = 0
        moved()
      })
    } catch {
      // Whatever ended it, it is asked for again.
    }
    const wait = WAITS_MS[Math.min(failures++, WAITS_MS.length - 1)]
    await new Promise(resolve => setTimeout(resolve, wait))
  }
}

async function once(path, stopped, moved, heard) {
  const quiet = new AbortController()
  let timer
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => quiet.abort(), SILENCE_MS)
  }
  alive()
  try {
    const response = await fetch(`/api${path}`, { signal: AbortSignal.any([stopped, quiet.signal]) })
    // Why not, whoever asks for the views is told.
    if (!response.ok) return moved()
    heard()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let line = ''; ;) {
      const { done, value } = await reader.read()
      if (done) return
      alive()
      // An event is its data; a comment is the server's beat. What it says does not matter: the views tell what moved by their tags.
      line = (line + value).slice(-256)
      if (/(^|\n)data:/.test(line)) heard()
      line = line.slice(line.lastIndexOf('\n') + 1)
    }
  } finally {
    clearTimeout(timer)
  }
}
