"""FEATURE: recorded videos at the video service: who may ask about them and upload, and how."""
