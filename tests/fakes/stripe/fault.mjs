// An error of the API, in its envelope.
export class Fault extends Error {
  constructor(status, error, headers = {}) {
    super(error.message);
    Object.assign(this, {status, error, headers});
  }
}

export const invalid = (message, more = {}) => new Fault(400, {type: 'invalid_request_error', message, ...more});
export const missing = (kind, id, param = 'id') =>
  new Fault(404, {type: 'invalid_request_error', code: 'resource_missing', param, message: `No such ${kind}: '${id}'`});
