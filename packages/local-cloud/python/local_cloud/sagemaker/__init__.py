"""SageMaker: training and processing jobs that really run, and the model registry."""
