// oxlint-disable-next-line typescript/triple-slash-reference -- an import would bring no types into who imports this file
/// <reference path="./ws.d.ts" />
// The one file that names the official client, so that the bundler splits off what it brings: 1.4 MB, of which a step that
// logs in to EKS loads nothing. Its index would bring the whole API and another 0.7 MB.
export { KubeConfig } from '@kubernetes/client-node/dist/config.js'
