import type { Probe } from '../rollout-shapes.ts'

const targetOf = ({ httpGet, tcpSocket, exec, grpc }: Probe): string => {
  if (httpGet !== undefined) return `GET ${httpGet.path ?? '/'} on port ${httpGet.port}`
  if (tcpSocket !== undefined) return `TCP port ${tcpSocket.port}`
  if (grpc !== undefined) return `gRPC on port ${grpc.port}`
  return exec?.command?.join(' ') ?? 'no target'
}

/** What a probe asks and how long it is patient: `GET /health on port http every 10 s, threshold 3`. */
export const probeText = (probe: Probe = {}): string =>
  `${targetOf(probe)} every ${probe.periodSeconds ?? 10} s, threshold ${probe.failureThreshold ?? 3}`
