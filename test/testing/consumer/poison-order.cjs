/** Simulates a trigger with a poison order, by what the caller loaded. */
module.exports = ({ simulateTrigger, streamRecord }, { streamHandler }) => simulateTrigger({
  handler: streamHandler(async ({ newImage }) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (newImage.total < 0) {
      throw new Error('An order with a negative total');
    }
  }),
  shards: [{ records: [5, -1, 7].map((total, index) => streamRecord({ newImage: { id: `order-${index}`, total } })) }],
});
