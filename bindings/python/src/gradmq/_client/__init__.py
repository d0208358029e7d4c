"""What workers and remote coordinators are made of; blocking and asyncio ones alike."""
