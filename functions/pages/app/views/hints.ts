/** What fills the panels, as a command. */
export const chatHint = "npx sluice chat send --bot";
export const ratingsHint = "npx sluice ratings send --rate 20";
export const commitsHint = "npx sluice commits send --count 500 --rate max";
export const trafficHint = "npx sluice analytics send 10";
