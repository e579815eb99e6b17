// The types of client-node name those of ws, which it does not bring.
declare module 'ws' {
  const WebSocket: unknown
  export default WebSocket
  export type ClientOptions = object
}
