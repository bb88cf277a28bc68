/** An HTTP function that says yes to whatever comes. */
export const handler = async () => ({
  statusCode: 202,
  headers: { "content-type": "application/json" },
  body: '{"accepted":1,"quarantined":0,"errors":[]}',
});
