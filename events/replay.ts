/**
 * Marks a message that left the quarantine and is tried again, in a header of either broker: the id of this attempt. Should it be
 * rejected again, it is a new entry beside the old one, though its position or message id is the same.
 */
export const replayHeader = "sluice-replay";
