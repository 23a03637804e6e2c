"""What use of the site leaves behind: how often questions are asked, votes, reports and messages. Nothing about anyone."""
