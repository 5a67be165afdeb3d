// The media types of the peer API.

export const PROTOBUF = 'application/x-protobuf';
export const NDJSON = 'application/x-ndjson';
