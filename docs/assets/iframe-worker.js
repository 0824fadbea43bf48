// The search runs in a worker, and a page that is read from disk may start none: there it runs in a hidden frame instead.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.srcdoc = `<script>
        postMessage = data => parent.postMessage(data, "*")
        importScripts = (...urls) => Promise.all(urls.map(url => new Promise((resolve, reject) => {
          const script = Object.assign(document.createElement("script"), {src: url, onload: resolve, onerror: reject})
          document.head.append(script)
        })))
      <\/script><script src="${url}"><\/script>`
      this.loaded = new Promise(resolve => { frame.onload = () => resolve(frame.contentWindow) })
      window.addEventListener("message", event => {
        if (event.source !== frame.contentWindow) return
        const message = new MessageEvent("message", {data: event.data})
        this.dispatchEvent(message)
        this.onmessage?.(message)
      })
      document.body.append(frame)
    }

    postMessage(data) {
      this.loaded.then(frame => frame.dispatchEvent(new MessageEvent("message", {data})))
    }
  }
